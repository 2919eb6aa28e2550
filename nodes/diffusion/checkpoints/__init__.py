"""Models in single files, as most people have them: which family a file is of, and the pipeline that it makes.

`anatomy` tells a file by the names and shapes of its tensors, `tensors` reads it, `configs/` has the settings of each
family, which `anatomy` fits to what lies there, `networks` and `encoders` make the parts, and `pipeline` puts them together.
"""
