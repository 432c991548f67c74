// NIBBLE_VECTOR_CLONES in front of a function: compiled for several instruction sets, the best one
// chosen when the program starts. For element-wise loops that the compiler vectorises by itself; no
// reassociation and no contraction is allowed, so every clone gives the same bits.
#pragma once

// The sanitizers' start-up does not tolerate functions that are chosen before it; other compilers
// and machines use what they are told to build for.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define NIBBLE_VECTOR_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define NIBBLE_VECTOR_CLONES
#endif
