"""Judging sound textures: auditory statistics, a score between noise and the recording itself, a copy detector, judges
without a cochlea.

`statistics` measures (McDermott & Simoncelli 2011), `score` compares, `copies` asks whether a sound was only copied,
`synthesis` turns noise into a texture by descending on the same statistics. `windows` describes a sound by other
features, on which `kernel_score` compares and `identification` recognises. `report` has all that the command
`crossmodal-evaluate texture` says.
"""
