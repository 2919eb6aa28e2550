"""A differential fuzz: random graphs and random series of runs, in the engine and by plain recursion."""
