"""How the starter models are made again from nothing: `python -m nodegraph_nodes.starter.train painter`."""
