"""What a slot takes: which one a batch goes to, who holds its instruments, its service, driving it by hand."""
