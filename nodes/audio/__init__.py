"""The pack of nodes that shape sound: mix, cut, tempo, tone, room, loudness, and pictures of it."""
