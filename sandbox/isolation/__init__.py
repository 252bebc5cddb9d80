"""What keeps a program in: system calls, namespaces, Landlock, seccomp, control groups. Linux only, no dependency."""
