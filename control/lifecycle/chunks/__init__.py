"""All writes about chunks and items. Whoever writes holds the batch's story first, so that two lanes never differ."""
