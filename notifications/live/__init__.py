"""Push to sockets: hints in, one encoding per event out."""
