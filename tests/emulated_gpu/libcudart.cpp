// Stands in for libcudart.so.11.0: memory of the GPU is memory of the host, and streams are idle.
//
// Machine code of a GPU can't be run: what MXNet has compiled in advance is refused, as on a GPU
// that there is no code for.
#include <cuda_runtime_api.h>

#include <cstdlib>
#include <cstring>

#include "gpu.hpp"

namespace {

thread_local cudaError_t last_error = cudaSuccess;
char one;  // what a handle points to

template <class Handle>
cudaError_t made(Handle *handle) {
    *handle = reinterpret_cast<Handle>(&one);
    return cudaSuccess;
}

cudaError_t refused(cudaError_t error) { return last_error = error; }

cudaError_t allocated(void **memory, size_t n_bytes) {
    *memory = std::aligned_alloc(256, (n_bytes + 255) / 256 * 256);
    return *memory || !n_bytes ? cudaSuccess : refused(cudaErrorMemoryAllocation);
}

struct Configuration {
    dim3 grid, block;
    size_t shared_bytes;
    void *stream;
};
thread_local Configuration configured;

}  // namespace

extern "C" {

cudaError_t cudaGetDeviceCount(int *count) { return *count = 1, cudaSuccess; }
cudaError_t cudaGetDevice(int *device) { return *device = 0, cudaSuccess; }
cudaError_t cudaSetDevice(int device) {
    return device ? refused(cudaErrorInvalidDevice) : cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int *version) { return *version = CUDART_VERSION, cudaSuccess; }
cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int) {
    if (!gpu::tells(attribute, value)) *value = 0;
    return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp *told, int) {
    *told = {};
    std::strcpy(told->name, gpu::name);
    told->major = gpu::major_capability;
    told->minor = gpu::minor_capability;
    told->multiProcessorCount = gpu::n_multiprocessors;
    told->totalGlobalMem = gpu::memory_bytes;
    told->sharedMemPerBlock = gpu::shared_bytes;
    told->maxThreadsPerBlock = gpu::n_threads;
    told->warpSize = 32;
    return cudaSuccess;
}
cudaError_t cudaDeviceCanAccessPeer(int *can, int, int) { return *can = 0, cudaSuccess; }
cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }

cudaError_t cudaMalloc(void **memory, size_t n_bytes) { return allocated(memory, n_bytes); }
cudaError_t cudaHostAlloc(void **memory, size_t n_bytes, unsigned) {
    return allocated(memory, n_bytes);
}
cudaError_t cudaFree(void *memory) { return std::free(memory), cudaSuccess; }
cudaError_t cudaFreeHost(void *memory) { return std::free(memory), cudaSuccess; }
cudaError_t cudaMemGetInfo(size_t *free, size_t *total) {
    *free = *total = gpu::memory_bytes;
    return cudaSuccess;
}
cudaError_t cudaMemcpy(void *target, const void *source, size_t n_bytes, cudaMemcpyKind) {
    return std::memmove(target, source, n_bytes), cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void *target, const void *source, size_t n_bytes,
                            cudaMemcpyKind kind, cudaStream_t) {
    return cudaMemcpy(target, source, n_bytes, kind);
}
cudaError_t cudaMemcpy2DAsync(void *target, size_t target_pitch, const void *source,
                              size_t source_pitch, size_t width, size_t height, cudaMemcpyKind,
                              cudaStream_t) {
    for (size_t row = 0; row < height; row++)
        std::memmove(static_cast<char *>(target) + row * target_pitch,
                     static_cast<const char *>(source) + row * source_pitch, width);
    return cudaSuccess;
}
cudaError_t cudaMemcpyPeerAsync(void *target, int, const void *source, int, size_t n_bytes,
                                cudaStream_t) {
    return cudaMemcpy(target, source, n_bytes, cudaMemcpyDeviceToDevice);
}
cudaError_t cudaMemsetAsync(void *target, int value, size_t n_bytes, cudaStream_t) {
    return std::memset(target, value, n_bytes), cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t *stream) { return made(stream); }
cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) { return cudaSuccess; }
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned) { return made(event); }
cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return cudaSuccess; }

cudaError_t cudaGetLastError() {
    const cudaError_t error = last_error;
    last_error = cudaSuccess;
    return error;
}
cudaError_t cudaPeekAtLastError() { return last_error; }
const char *cudaGetErrorString(cudaError_t error) {
    return error == cudaErrorNoKernelImageForDevice
               ? "no kernel image is available for execution on the device"
               : "this stand-in for the CUDA runtime can't do it";
}
const char *cudaGetErrorName(cudaError_t error) { return cudaGetErrorString(error); }

cudaError_t cudaLaunchKernel(const void *, dim3, dim3, void **, size_t, cudaStream_t) {
    return refused(cudaErrorNoKernelImageForDevice);
}
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *, const void *) {
    return refused(cudaErrorNoKernelImageForDevice);
}

// What nvcc calls where a program begins, and around <<< >>>.
void **__cudaRegisterFatBinary(void *) {
    static void *handle = &one;
    return &handle;
}
void __cudaRegisterFatBinaryEnd(void **) {}
void __cudaUnregisterFatBinary(void **) {}
void __cudaRegisterFunction(void **, const char *, char *, const char *, int, uint3 *, uint3 *,
                            dim3 *, dim3 *, int *) {}
void __cudaRegisterVar(void **, char *, char *, const char *, int, size_t, int, int) {}
char __cudaInitModule(void **) { return 1; }
unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared_bytes, void *stream) {
    configured = {grid, block, shared_bytes, stream};
    return 0;
}
cudaError_t __cudaPopCallConfiguration(dim3 *grid, dim3 *block, size_t *shared_bytes,
                                       void *stream) {
    *grid = configured.grid;
    *block = configured.block;
    *shared_bytes = configured.shared_bytes;
    *static_cast<void **>(stream) = configured.stream;
    return cudaSuccess;
}

}  // extern "C"
