"""What is left to do when a process was killed: nobody else marks its runs, or puts its files back."""
