"""What the bundled sequences over images share: figures of one image, and what thousands of them say together.

Packages import from here; numpy is loaded only where one of them does. What is kept of earlier batches is no answer any
more once a file here has changed.
"""
