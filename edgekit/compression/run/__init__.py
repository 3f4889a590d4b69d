"""One run, from what is given to what is handed over; it goes on after it was cut off."""
