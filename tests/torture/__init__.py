"""What wears mailbot down: deaths at every outside call, bad networks, full disks, long runs with faults."""
