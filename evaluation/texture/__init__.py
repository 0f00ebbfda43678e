"""Judging sound textures: auditory statistics, a score between noise and the recording itself, a copy detector.

`statistics` measures (McDermott & Simoncelli 2011), `score` compares, `copies` asks whether a sound was only copied,
`synthesis` turns noise into a texture by descending on the same statistics, `cli` is the command
`crossmodal-evaluate texture`.
"""
