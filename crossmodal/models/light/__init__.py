"""Models in NumPy, for inference: twins of Keras models that need no TensorFlow, whose import takes seconds.

A twin has the interface of its model, the weights of a preset and the layers as Keras describes them, see
`crossmodal.models.light.network`. `crossmodal.saving.light.load_light` makes one.
"""
