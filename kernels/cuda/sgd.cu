/*
Mini-batch SGD for linear regression, by hand: the update alone, and a whole epoch.

    r = X w + b - y            X (m, d) row-major: the rows of one batch
    g = [X^T r, sum(r)] / m
    p = p - eta g              p = [w, b]

with momentum, the learning rate inside the velocity (as MXNet's sgd_mom_update):

    v = mu v - eta g
    p = p + v

References: CUDA C++ Programming Guide, "Warp Shuffle Functions" and "Memory Fence
Functions"; the grid barrier is that of <cooperative_groups.h> (sync_grids), whose counter
resets itself.

sgd_update, sgd_momentum_update: w, g (and v) are read once and w (and v) written once.
    version 1: one thread an element.
    version 2: a loop over the grid, so that the grid fits the GPU and not the array.
    version 3: 16 bytes a load; what lies before and after the aligned part one by one.

sgd_epoch, sgd_momentum_epoch: the loop over the batches runs on the device.
    version 1: one launch a step. A launch costs more than a step of a small batch.
    version 2: one launch an epoch, one block; parameters in shared memory; residuals and
        gradient in two passes over the rows. Still what is done for more than NARROW
        features: a row is then shared by a warp, the gradient's columns by all threads.
    version 3: up to NARROW features one pass: each lane keeps 4 features of its row in
        registers and adds to the gradient before it lets them go; lanes and then warps
        add up what they have at the end of a step.
    version 4: rows do not depend on parameters, so a lane loads the row of its next turn
        before it works on this one, and the place of the row after that: no step waits
        for memory.
    version 5: many blocks share a batch that is too much for one. Each leaves its part of
        the gradient in memory, all wait, each adds up some columns and updates them, all
        wait. The wait is a counter in memory, since not every way of launching a kernel
        can ask for a cooperative launch: EVERY BLOCK OF THE GRID MUST BE RESIDENT. One
        block for each multiprocessor at most keeps to that (kernels/cuda/geometry.py).

No order of additions depends on timing: the same input gives the same bits.
No headers: NVRTC compiles this without a CUDA toolkit. Nothing is newer than CUDA 11.2.
*/

#define WARP 32
#define ALL_LANES 0xffffffffu
#define MOST_THREADS 1024
/* Features of one row that one lane holds, and that all lanes of a warp hold. */
#define HELD 4
#define NARROW (HELD * WARP)

#ifndef SHARED_MEMORY /* the tests run this file on a CPU, which has its own */
#define SHARED_MEMORY(name) extern __shared__ float name[]
#endif

/* ---------------------------------------------------------------- the update alone */

template <bool MOMENTUM>
__device__ __forceinline__ void update_one(float *p, float *v, float g, float eta, float mu) {
    if (MOMENTUM) {
        float velocity = mu * *v - eta * g;
        *v = velocity;
        *p += velocity;
    } else {
        *p -= eta * g;
    }
}

/* Elements before the first that is 16-byte aligned in all arrays; n where there is none. */
template <bool MOMENTUM>
__device__ __forceinline__ unsigned unaligned_head(const float *w, const float *g,
                                                   const float *v, unsigned n) {
    size_t place = (size_t)w & 15;
    bool together = ((size_t)g & 15) == place && (!MOMENTUM || ((size_t)v & 15) == place);
    unsigned head = (unsigned)((16 - place) & 15) / (unsigned)sizeof(float);
    return together && head < n ? head : n;
}

template <bool MOMENTUM>
__device__ __forceinline__ void update_all(float *w, const float *g, float *v, float eta,
                                           float mu, unsigned n) {
    const unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
    const unsigned n_threads = gridDim.x * blockDim.x;
    const unsigned head = unaligned_head<MOMENTUM>(w, g, v, n);
    const unsigned n_fours = (n - head) / 4;
    for (unsigned i = thread; i < n_fours; i += n_threads) {
        float4 *w4 = (float4 *)(w + head) + i;
        float4 *v4 = MOMENTUM ? (float4 *)(v + head) + i : 0;
        float4 p = *w4, velocity, gradient = ((const float4 *)(g + head))[i];
        if (MOMENTUM) velocity = *v4;
        update_one<MOMENTUM>(&p.x, &velocity.x, gradient.x, eta, mu);
        update_one<MOMENTUM>(&p.y, &velocity.y, gradient.y, eta, mu);
        update_one<MOMENTUM>(&p.z, &velocity.z, gradient.z, eta, mu);
        update_one<MOMENTUM>(&p.w, &velocity.w, gradient.w, eta, mu);
        *w4 = p;
        if (MOMENTUM) *v4 = velocity;
    }
    for (unsigned i = thread; i < head; i += n_threads)
        update_one<MOMENTUM>(w + i, v + i, g[i], eta, mu);
    for (unsigned i = head + 4 * n_fours + thread; i < n; i += n_threads)
        update_one<MOMENTUM>(w + i, v + i, g[i], eta, mu);
}

/* w, g: (n,) */
extern "C" __global__ void __launch_bounds__(MOST_THREADS)
sgd_update(float *w, const float *g, float eta, int n) {
    update_all<false>(w, g, 0, eta, 0.0f, (unsigned)n);
}

/* w, g, v: (n,) */
extern "C" __global__ void __launch_bounds__(MOST_THREADS)
sgd_momentum_update(float *w, const float *g, float *v, float eta, float mu, int n) {
    update_all<true>(w, g, v, eta, mu, (unsigned)n);
}

/* ---------------------------------------------------------------- a whole epoch */

/* What an epoch is given; see sgd_epoch. */
struct Epoch {
    const float *features, *labels;
    const int *order;
    int n_order, d, batch_size;
};

/* Wait until all threads of all blocks are here, and what they have written can be read. */
__device__ __forceinline__ void grid_barrier(unsigned *arrived) {
    __syncthreads();
    if (threadIdx.x == 0) {
        /* The additions of a grid come to 2^31: the top bit turns when the last arrives. */
        unsigned mine = blockIdx.x == 0 ? 0x80000000u - (gridDim.x - 1) : 1u;
        __threadfence();
        unsigned before = atomicAdd(arrived, mine);
        while (((before ^ *(volatile unsigned *)arrived) & 0x80000000u) == 0) {
#if __CUDA_ARCH__ >= 700
            __nanosleep(20);
#endif
        }
        __threadfence();
    }
    __syncthreads();
}

/* Sum over lanes whose numbers agree modulo `from`, a power of two; every lane gets it. */
__device__ __forceinline__ float sum_lanes(float value, int from) {
    for (int offset = from; offset < WARP; offset *= 2)
        value += __shfl_xor_sync(ALL_LANES, value, offset);
    return value;
}

/* Sum over aligned groups of `lanes` lanes, a power of two; every lane gets its group's. */
__device__ __forceinline__ float sum_group(float value, int lanes) {
    for (int offset = 1; offset < lanes; offset *= 2)
        value += __shfl_xor_sync(ALL_LANES, value, offset);
    return value;
}

/* Lanes that share one row of at most NARROW features: the fewest, a power of two. */
__device__ __forceinline__ int lanes_for(int d) {
    int lanes = 1;
    while (lanes * HELD < d) lanes *= 2;
    return lanes;
}

/* A lane's part of one row: features first ... first + 3, zeros beyond the last. */
struct Held {
    float x[HELD];
    float y;
    bool there;
};

/* The rows that a group of lanes meets in an epoch, turn by turn; two turns ahead. */
struct Reader {
    const Epoch *epoch;
    int group, n_groups; /* of the grid */
    int first;           /* feature of this lane's part */
    bool fours;          /* whether 16 bytes can be loaded at once */
    int step_begins, offset; /* of the turn whose place is looked up next */
    int place;           /* of the next row; -1 where this group has none that turn */
    Held next;

    __device__ __forceinline__ void look_up_place() {
        int row = offset + group;
        bool there = row < epoch->batch_size && step_begins + row < epoch->n_order;
        place = there ? epoch->order[step_begins + row] : -1;
        offset += n_groups;
        if (offset >= epoch->batch_size) {
            offset = 0;
            step_begins += epoch->batch_size;
        }
    }

    __device__ __forceinline__ void load() {
        next.there = place >= 0;
        next.y = 0.0f;
#pragma unroll
        for (int k = 0; k < HELD; k++) next.x[k] = 0.0f;
        if (place < 0) return;
        next.y = epoch->labels[place];
        const float *row = epoch->features + (long long)place * epoch->d;
        if (fours) {
            if (first < epoch->d) {
                float4 four = *(const float4 *)(row + first);
                next.x[0] = four.x;
                next.x[1] = four.y;
                next.x[2] = four.z;
                next.x[3] = four.w;
            }
        } else {
#pragma unroll
            for (int k = 0; k < HELD; k++)
                if (first + k < epoch->d) next.x[k] = row[first + k];
        }
    }

    __device__ __forceinline__ void begin(const Epoch *given) {
        epoch = given;
        int lanes = lanes_for(epoch->d);
        int groups_of_block = (int)blockDim.x / lanes;
        group = (int)blockIdx.x * groups_of_block + (int)threadIdx.x / lanes;
        n_groups = (int)gridDim.x * groups_of_block;
        first = HELD * ((int)threadIdx.x & (lanes - 1));
        fours = epoch->d % 4 == 0 && ((size_t)epoch->features & 15) == 0;
        step_begins = offset = 0;
        look_up_place();
        load();
        look_up_place();
    }

    __device__ __forceinline__ Held turn() {
        Held now = next;
        load();
        look_up_place();
        return now;
    }
};

/* This block's part of the gradient's sums, (d + 1,), in one pass over its rows.
   theta: (d + 1,), the bias last. parts: (warps of a block, d + 1), shared. */
__device__ __forceinline__ void add_up_narrow(Reader *reader, const float *theta,
                                              float *parts, float *gradient) {
    const int d = reader->epoch->d, lanes = lanes_for(d), first = reader->first;
    const int lane = (int)threadIdx.x % WARP, warp = (int)threadIdx.x / WARP;
    const int n_warps = (int)blockDim.x / WARP;
    float w[HELD], g[HELD], g_b = 0.0f, b = theta[d];
#pragma unroll
    for (int k = 0; k < HELD; k++) {
        w[k] = first + k < d ? theta[first + k] : 0.0f;
        g[k] = 0.0f;
    }
    for (int offset = 0; offset < reader->epoch->batch_size; offset += reader->n_groups) {
        Held row = reader->turn();
        float product = 0.0f;
#pragma unroll
        for (int k = 0; k < HELD; k++) product += row.x[k] * w[k];
        float r = sum_group(product, lanes) + b - row.y;
        if (!row.there) r = 0.0f;
#pragma unroll
        for (int k = 0; k < HELD; k++) g[k] += r * row.x[k];
        g_b += r;
    }
#pragma unroll
    for (int k = 0; k < HELD; k++) g[k] = sum_lanes(g[k], lanes);
    g_b = sum_lanes(g_b, lanes);
    float *part = parts + warp * (d + 1);
    if (lane < lanes) {
#pragma unroll
        for (int k = 0; k < HELD; k++)
            if (first + k < d) part[first + k] = g[k];
        if (lane == 0) part[d] = g_b;
    }
    __syncthreads();
    for (int k = (int)threadIdx.x; k <= d; k += (int)blockDim.x) {
        float sum = 0.0f;
        for (int i = 0; i < n_warps; i++) sum += parts[i * (d + 1) + k];
        gradient[k] = sum;
    }
}

/* The same for any d, in two passes: a warp a residual, then a thread a column.
   scratch: (threads of a block,), shared. */
__device__ __forceinline__ void add_up_wide(const Epoch *epoch, int step_begins, int m,
                                            const float *theta, float *scratch,
                                            float *gradient) {
    const int d = epoch->d;
    const int lane = (int)threadIdx.x % WARP, warp = (int)threadIdx.x / WARP;
    const int n_warps = (int)blockDim.x / WARP;
    float *residual = scratch;
    int *place = (int *)(scratch + n_warps);
    for (int k = (int)threadIdx.x; k <= d; k += (int)blockDim.x) gradient[k] = 0.0f;
    /* Turn by turn the blocks take as many rows as they have warps. */
    for (int begins = (int)blockIdx.x * n_warps; begins < m; begins += (int)gridDim.x * n_warps) {
        if (begins + warp < m) {
            int at = epoch->order[step_begins + begins + warp];
            const float *row = epoch->features + (long long)at * d;
            float product = 0.0f;
            for (int k = lane; k < d; k += WARP) product += row[k] * theta[k];
            float r = sum_group(product, WARP) + theta[d] - epoch->labels[at];
            if (lane == 0) {
                residual[warp] = r;
                place[warp] = at;
            }
        }
        __syncthreads();
        int n_rows = m - begins < n_warps ? m - begins : n_warps;
        for (int k = (int)threadIdx.x; k <= d; k += (int)blockDim.x) {
            float sum = gradient[k];
            for (int i = 0; i < n_rows; i++) {
                float x = k < d ? epoch->features[(long long)place[i] * d + k] : 1.0f;
                sum += residual[i] * x;
            }
            gradient[k] = sum;
        }
        __syncthreads();
    }
}

/* Add up the blocks' parts of the gradient and update: 32 columns a block and turn, a lane
   a column, the parts dealt out to the warps. parts: (blocks, d + 1). scratch: (threads of
   a block,), shared. */
template <bool MOMENTUM>
__device__ __forceinline__ void update_together(const float *parts, float *theta, float *v,
                                                int d, int m, float eta, float mu,
                                                float *scratch) {
    const int lane = (int)threadIdx.x % WARP, warp = (int)threadIdx.x / WARP;
    const int n_warps = (int)blockDim.x / WARP;
    for (int tile = (int)blockIdx.x; tile * WARP <= d; tile += (int)gridDim.x) {
        const int k = tile * WARP + lane;
        float sum = 0.0f;
        if (k <= d)
            for (int i = warp; i < (int)gridDim.x; i += n_warps)
                sum += parts[(long long)i * (d + 1) + k];
        scratch[threadIdx.x] = sum;
        __syncthreads();
        if (warp == 0 && k <= d) {
            sum = 0.0f;
            for (int i = 0; i < n_warps; i++) sum += scratch[i * WARP + lane];
            update_one<MOMENTUM>(theta + k, v + k, sum / (float)m, eta, mu);
        }
        __syncthreads();
    }
}

template <bool MOMENTUM>
__device__ __forceinline__ void run_epoch(Epoch epoch, const float *rates, float *weight,
                                          float *bias, float *velocity, float mu,
                                          float *workspace, unsigned *arrived, int in_shared,
                                          float *shared) {
    const int d = epoch.d, n_warps = (int)blockDim.x / WARP;
    const bool narrow = d <= NARROW, alone = gridDim.x == 1;
    const int thread = (int)threadIdx.x, n_threads = (int)blockDim.x;
    if (epoch.batch_size > epoch.n_order) epoch.batch_size = epoch.n_order;

    /* Where things are: workspace is (1 + blocks, d + 1), shared as geometry.py counts it. */
    float *scratch = shared, *parts = scratch + blockDim.x;
    float *rest = narrow ? parts + n_warps * (d + 1) : parts;
    float *theta = in_shared ? rest : workspace;
    float *gradients = in_shared ? rest + (d + 1) : workspace + (d + 1);
    float *gradient = gradients + (long long)blockIdx.x * (d + 1);
    float *v = narrow && in_shared ? rest + 2 * (d + 1) : velocity;

    for (int k = (int)blockIdx.x * n_threads + thread; k <= d; k += (int)gridDim.x * n_threads) {
        theta[k] = k < d ? weight[k] : *bias;
        if (MOMENTUM && v != velocity) v[k] = velocity[k];
    }
    if (alone) __syncthreads();
    else grid_barrier(arrived);

    Reader reader;
    if (narrow) reader.begin(&epoch);
    float next_eta = rates[0];
    for (int begins = 0, step = 0; begins < epoch.n_order; begins += epoch.batch_size, step++) {
        const int left = epoch.n_order - begins;
        const int m = left < epoch.batch_size ? left : epoch.batch_size;
        const float eta = next_eta;
        if (left > m) next_eta = rates[step + 1];
        if (narrow) add_up_narrow(&reader, theta, parts, gradient);
        else add_up_wide(&epoch, begins, m, theta, scratch, gradient);
        if (alone) { /* a thread updates the columns that it has added up */
            for (int k = thread; k <= d; k += n_threads)
                update_one<MOMENTUM>(theta + k, v + k, gradient[k] / (float)m, eta, mu);
            __syncthreads();
        } else {
            grid_barrier(arrived);
            update_together<MOMENTUM>(gradients, theta, v, d, m, eta, mu, scratch);
            grid_barrier(arrived);
        }
    }
    for (int k = (int)blockIdx.x * n_threads + thread; k <= d; k += (int)gridDim.x * n_threads) {
        if (k < d) weight[k] = theta[k];
        else *bias = theta[k];
        if (MOMENTUM && v != velocity) velocity[k] = v[k];
    }
}

/* One epoch of plain SGD.
   features: (n, d); labels: (n,); order: (n_order,), rows of features, n_order >= 1;
   rates: (steps,); weight: (d,); bias: (1,); workspace and in_shared as geometry.py says;
   arrived: (1,), 0 before its first use and never touched but here.
   blockDim.x is a multiple of 32; n_order + 3 batch_size stays below 2^31. */
extern "C" __global__ void __launch_bounds__(MOST_THREADS)
sgd_epoch(const float *features, const float *labels, const int *order, const float *rates,
          float *weight, float *bias, float *workspace, int *arrived, int n_order, int d,
          int batch_size, int in_shared) {
    SHARED_MEMORY(shared);
    const Epoch epoch = {features, labels, order, n_order, d, batch_size};
    run_epoch<false>(epoch, rates, weight, bias, 0, 0.0f, workspace, (unsigned *)arrived,
                     in_shared, shared);
}

/* One epoch of SGD with momentum. velocity: (d + 1,), the bias's last. */
extern "C" __global__ void __launch_bounds__(MOST_THREADS)
sgd_momentum_epoch(const float *features, const float *labels, const int *order,
                   const float *rates, float *weight, float *bias, float *velocity, float mu,
                   float *workspace, int *arrived, int n_order, int d, int batch_size,
                   int in_shared) {
    SHARED_MEMORY(shared);
    const Epoch epoch = {features, labels, order, n_order, d, batch_size};
    run_epoch<true>(epoch, rates, weight, bias, velocity, mu, workspace, (unsigned *)arrived,
                    in_shared, shared);
}
