"""What members get to see of themselves, of two of them and of a club: what there is to tell, in words, and as a picture."""
