"""The screens people use and the JSON API programs use; both call the same service functions."""
