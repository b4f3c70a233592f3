// Runs CUDA C++ on a CPU, slowly: every thread of every block is a thread of the host.
//
// Enough of CUDA for kernels/cuda/sgd.cu. All blocks run at once, so that a barrier of the
// grid ends. Shared memory starts as NaNs and has a guard behind it, so that what is read
// before it is written, or written beyond its end, shows.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(n_threads)
#define __CUDA_ARCH__ 700
#define SHARED_MEMORY(name) float *const name = emulation::here.block->shared.data()

struct alignas(16) float4 {
    float x, y, z, w;
};
struct Index {
    unsigned x;
};

namespace emulation {

constexpr int warp_size = 32;
constexpr int guard_size = 64;
constexpr float guard = 12345.0f;

class Barrier {
   public:
    explicit Barrier(unsigned n_threads) { pthread_barrier_init(&barrier_, nullptr, n_threads); }
    ~Barrier() { pthread_barrier_destroy(&barrier_); }
    Barrier(const Barrier &) = delete;
    Barrier &operator=(const Barrier &) = delete;
    void wait() { pthread_barrier_wait(&barrier_); }

   private:
    pthread_barrier_t barrier_;
};

struct Warp {
    Barrier barrier{warp_size};
    float exchanged[2][warp_size];
};

struct Block {
    Block(unsigned n_threads, std::size_t n_shared)
        : barrier(n_threads),
          warps(n_threads / warp_size),
          shared(n_shared + guard_size, std::numeric_limits<float>::quiet_NaN()) {
        for (std::size_t i = n_shared; i < shared.size(); i++) shared[i] = guard;
    }
    bool intact() const {
        for (std::size_t i = shared.size() - guard_size; i < shared.size(); i++)
            if (shared[i] != guard) return false;
        return true;
    }
    Barrier barrier;
    std::vector<Warp> warps;
    std::vector<float> shared;
};

struct Here {
    Block *block = nullptr;
    int turn = 0;  // of the two places that a warp exchanges values in
};

inline thread_local Here here;

}  // namespace emulation

inline thread_local Index threadIdx, blockIdx, blockDim, gridDim;

inline void __syncthreads() { emulation::here.block->barrier.wait(); }
#ifdef __SANITIZE_THREAD__
// ThreadSanitizer knows no fences: here one is a lock that its threads take in turn. What
// is volatile it leaves alone (--param tsan-distinguish-volatile=1 with these).
extern "C" void __tsan_acquire(void *);
extern "C" void __tsan_release(void *);
extern "C" void __tsan_volatile_read4(void *) {}
extern "C" void __tsan_volatile_write4(void *) {}
inline void __threadfence() {
    static int fence;
    __tsan_acquire(&fence);
    __tsan_release(&fence);
}
#else
inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
#endif
inline void __nanosleep(unsigned) { sched_yield(); }
inline unsigned atomicAdd(unsigned *address, unsigned value) {
    return __atomic_fetch_add(address, value, __ATOMIC_SEQ_CST);
}
inline float __shfl_xor_sync(unsigned, float value, int lane_mask) {
    using emulation::here;
    const unsigned lane = threadIdx.x % emulation::warp_size;
    emulation::Warp &warp = here.block->warps[threadIdx.x / emulation::warp_size];
    float *exchanged = warp.exchanged[here.turn];
    exchanged[lane] = value;
    here.turn = 1 - here.turn;
    warp.barrier.wait();
    return exchanged[lane ^ static_cast<unsigned>(lane_mask)];
}

namespace emulation {

// Returns 0, or 1 where a block has written beyond its shared memory.
template <class... Parameters, class... Arguments>
int launch(unsigned grid, unsigned block, unsigned shared_bytes, void (*kernel)(Parameters...),
           Arguments... arguments) {
    std::vector<std::unique_ptr<Block>> blocks;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < grid; i++)
        blocks.push_back(std::make_unique<Block>(block, shared_bytes / sizeof(float)));
    for (unsigned i = 0; i < grid; i++)
        for (unsigned j = 0; j < block; j++)
            threads.emplace_back([=, &blocks] {
                here = {blocks[i].get(), 0};
                threadIdx = {j};
                blockIdx = {i};
                blockDim = {block};
                gridDim = {grid};
                kernel(arguments...);
            });
    for (std::thread &thread : threads) thread.join();
    for (const auto &one : blocks)
        if (!one->intact()) return 1;
    return 0;
}

}  // namespace emulation
