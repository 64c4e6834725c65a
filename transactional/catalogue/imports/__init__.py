"""Many listings from one file, each row judged on its own."""
