"""What every resource is made of: arguments, Graph calls as values, the handler, the program's side."""
