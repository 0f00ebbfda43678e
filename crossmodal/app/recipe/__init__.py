"""Recipes: what a command says of itself in the files that it writes, and how `crossmodal redo` makes them again.

`crossmodal.runtime.recipe` hands a recipe to those who write files. Here it is made of a command (`making`), read out
of a file (`reading`), its inputs are found again (`inputs`), the command is repeated (`repeating`), and what it gives
is compared with the file (`comparing`).
"""
