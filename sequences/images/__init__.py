"""What the bundled sequences over images share: figures of one image, and what thousands of them say together.

Packages import from here; numpy is loaded only where one of them does. Equal work is told by the content of a package,
which this room is no part of: whoever changes a figure here raises the `version` of the packages that show it.
"""
