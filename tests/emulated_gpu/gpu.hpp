// The GPU that the stand-ins for NVIDIA's libraries show.
#pragma once

namespace gpu {

constexpr char name[] = "no GPU: an emulation on the CPU";
// MXNet's wheels hold no machine code for it: on such a GPU MXNet runs nothing but what
// mx.rtc has compiled, and here nothing else can be run.
constexpr int major_capability = 9, minor_capability = 0;
constexpr int n_multiprocessors = 3;
constexpr int shared_bytes = 48 * 1024;
constexpr int n_threads = 1024;
constexpr long memory_bytes = 1L << 30;

// CUdevice_attribute and cudaDeviceAttr have the same numbers.
inline bool tells(int attribute, int *value) {
    switch (attribute) {
        case 1: *value = n_threads; return true;
        case 8: *value = shared_bytes; return true;
        case 10: *value = 32; return true;
        case 16: *value = n_multiprocessors; return true;
        case 20: *value = 0; return true;  // the default compute mode
        case 75: *value = major_capability; return true;
        case 76: *value = minor_capability; return true;
        default: return false;
    }
}

}  // namespace gpu
