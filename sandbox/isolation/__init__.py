"""The walls around a program: namespaces, Landlock, seccomp and limits. Linux only, no dependency."""
