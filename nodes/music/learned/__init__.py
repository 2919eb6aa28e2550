"""What small networks learn of music on a grid of sixteenths: MusicVAE, the melody RNN, their folders and trainings."""
