// Stands in for libcuda.so.1: one GPU, whose multiprocessors are threads of the host.
//
// The kernels of kernels/cuda/sgd.cu are launched by name, on the emulation of tests/cuda. What
// NVRTC has compiled is looked through for that name, and not run.
#include <cuda.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "gpu.hpp"

#include "emulation.hpp"
// After what it needs.
#include "sgd.cu"

namespace {

using Launch = int (*)(unsigned grid, unsigned block, unsigned shared_bytes, void **arguments);

template <auto kernel>
struct OnHost;

template <class... Parameters, void (*kernel)(Parameters...)>
struct OnHost<kernel> {
    template <std::size_t... place>
    static int with(std::index_sequence<place...>, unsigned grid, unsigned block,
                    unsigned shared_bytes, void **arguments) {
        return emulation::launch(grid, block, shared_bytes, kernel,
                                 *static_cast<Parameters *>(arguments[place])...);
    }
    static int launch(unsigned grid, unsigned block, unsigned shared_bytes, void **arguments) {
        return with(std::index_sequence_for<Parameters...>{}, grid, block, shared_bytes,
                    arguments);
    }
};

struct Kernel {
    const char *name;
    Launch launch;
};

const Kernel kernels[] = {
    {"sgd_update", OnHost<sgd_update>::launch},
    {"sgd_momentum_update", OnHost<sgd_momentum_update>::launch},
    {"sgd_epoch", OnHost<sgd_epoch>::launch},
    {"sgd_momentum_epoch", OnHost<sgd_momentum_epoch>::launch},
};

}  // namespace

extern "C" {

CUresult cuInit(unsigned) { return CUDA_SUCCESS; }
CUresult cuDeviceGetCount(int *count) { return *count = 1, CUDA_SUCCESS; }
CUresult cuDeviceGet(CUdevice *device, int index) {
    *device = index;
    return index == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}
CUresult cuDeviceGetName(char *name, int length, CUdevice) {
    std::strncpy(name, gpu::name, length);
    return CUDA_SUCCESS;
}
// Of a GPU that is emulated: see kernels/backends/cuda_driver.py.
CUresult cuDeviceGetUuid(CUuuid *uuid, CUdevice) {
    std::memcpy(uuid->bytes, "emulated, no GPU", sizeof uuid->bytes);
    return CUDA_SUCCESS;
}
CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device) {
    return cuDeviceGetUuid(uuid, device);
}
CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice) {
    return gpu::tells(attribute, value) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice) {
    *context = reinterpret_cast<CUcontext>(std::uintptr_t{1});
    return CUDA_SUCCESS;
}
CUresult cuGetErrorString(CUresult, const char **text) {
    *text = "this stand-in for the NVIDIA driver can't do it";
    return CUDA_SUCCESS;
}

// A module is the text that NVRTC has made.
CUresult cuModuleLoadDataEx(CUmodule *module, const void *text, unsigned, CUjit_option *,
                            void **) {
    *module = reinterpret_cast<CUmodule>(new std::string(static_cast<const char *>(text)));
    return CUDA_SUCCESS;
}
CUresult cuModuleLoadData(CUmodule *module, const void *text) {
    return cuModuleLoadDataEx(module, text, 0, nullptr, nullptr);
}
CUresult cuModuleUnload(CUmodule module) {
    delete reinterpret_cast<std::string *>(module);
    return CUDA_SUCCESS;
}
CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
    const std::string entry = std::string(".entry ") + name + "(";
    if (reinterpret_cast<std::string *>(module)->find(entry) == std::string::npos)
        return CUDA_ERROR_NOT_FOUND;
    for (const Kernel &kernel : kernels)
        if (std::strcmp(kernel.name, name) == 0) {
            *function = reinterpret_cast<CUfunction>(const_cast<Kernel *>(&kernel));
            return CUDA_SUCCESS;
        }
    return CUDA_ERROR_NOT_FOUND;
}
CUresult cuLaunchKernel(CUfunction function, unsigned grid, unsigned grid_y, unsigned grid_z,
                        unsigned block, unsigned block_y, unsigned block_z,
                        unsigned shared_bytes, CUstream, void **arguments, void **) {
    if (grid_y * grid_z * block_y * block_z != 1) return CUDA_ERROR_INVALID_VALUE;
    const auto kernel = reinterpret_cast<const Kernel *>(function);
    const int overrun = kernel->launch(grid, block, shared_bytes, arguments);
    return overrun ? CUDA_ERROR_ILLEGAL_ADDRESS : CUDA_SUCCESS;
}

}  // extern "C"
