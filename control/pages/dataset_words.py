"""What the scripts of the pages of datasets say to people, and the words for what results name."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


def upload_words() -> dict[str, str]:
    return {
        "chosen": _("%(files)s files, %(size)s"),
        "hidden": _("%(count)s hidden files are left out."),
        "none": _("There is no file in it that could be sent."),
        "sending": _("Sending: %(sent)s of %(files)s files, %(size)s of %(whole)s"),
        "retrying": _("The connection broke. Trying again in %(seconds)s s."),
        "failed": _("Stopped after %(sent)s of %(files)s files: %(reason)s"),
        "go_on": _("Go on"),
        "upload": _("Upload"),
        "completing": _("Everything has arrived. It is being checked."),
        "refused": _("Not taken: %(count)s"),
        "refused_more": _("and %(count)s more"),
        "refused_go_on": _(
            "The other files have arrived. Complete the dataset without these, or send them under another name."
        ),
        "to_dataset": _("To the dataset"),
    }


# By the names that results have.
ATTRIBUTES = {
    "width": gettext_lazy("Width"),
    "height": gettext_lazy("Height"),
    "bytes": gettext_lazy("File size"),
    "aspect": gettext_lazy("Aspect ratio"),
    "brightness": gettext_lazy("Brightness"),
    "contrast": gettext_lazy("Contrast"),
    "sharpness": gettext_lazy("Sharpness"),
    "entropy": gettext_lazy("Entropy"),
    "saturation": gettext_lazy("Saturation"),
    "colourfulness": gettext_lazy("Colourfulness"),
    "red": gettext_lazy("Red"),
    "green": gettext_lazy("Green"),
    "blue": gettext_lazy("Blue"),
    "distance": gettext_lazy("Distance from the centre of its cluster"),
}
VERDICTS = {
    "stable": gettext_lazy("stable"),
    "moderate": gettext_lazy("moderate shift"),
    "drifted": gettext_lazy("drifted"),
}


def plot_words() -> dict[str, Any]:
    return {
        "attributes": {name: str(word) for name, word in ATTRIBUTES.items()},
        "plot": _("%(name)s: %(images)s images from %(from)s to %(to)s, most of them around %(peak)s"),
        "map": _("Map of %(points)s images in %(clusters)s clusters"),
        "cluster": _("Cluster %(number)s: %(size)s images"),
        "open_image": _("Open image %(number)s of cluster %(cluster)s"),
        "logarithmic": _("logarithmic"),
        "all_images": _("all images: %(value)s"),
        "bar": _("%(from)s to %(to)s: %(share)s of the images"),
        "bars_about": _(
            "Each bar is the share of the images that have such a value; the figure above is that of the highest."
        ),
        "map_about": _(
            "Each point is an image. The axes are the two directions in which the images differ most: what lies close "
            "together is alike. Press a point to see its image."
        ),
    }
