"""What an operator needs over the years: how it stands, what is wrong with the machine, copies and their return."""
