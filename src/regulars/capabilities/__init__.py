"""The rooms, in the order an event meets them. Pure: values in, values out."""
