"""The starter models: a little painter, poet and composer, made by this project from material of its own."""
