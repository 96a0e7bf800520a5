"""Random changes of faces: `offline` makes changed copies with OpenCV, `online` changes batches inside a training step.

Both draw the same parameters from the same ranges (`affine`), so that a face is changed alike wherever it is done.
"""
