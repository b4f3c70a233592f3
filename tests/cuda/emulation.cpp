// kernels/cuda/sgd.cu, compiled for the CPU, with a launch for each of its kernels.
#include "emulation.hpp"
// After what it needs.
#include "sgd.cu"

extern "C" int launch_sgd_update(unsigned grid, unsigned block, unsigned shared_bytes,
                                 float *w, const float *g, float eta, int n) {
    return emulation::launch(grid, block, shared_bytes, sgd_update, w, g, eta, n);
}

extern "C" int launch_sgd_momentum_update(unsigned grid, unsigned block, unsigned shared_bytes,
                                          float *w, const float *g, float *v, float eta,
                                          float mu, int n) {
    return emulation::launch(grid, block, shared_bytes, sgd_momentum_update, w, g, v, eta, mu,
                             n);
}

extern "C" int launch_sgd_epoch(unsigned grid, unsigned block, unsigned shared_bytes,
                                const float *features, const float *labels, const int *order,
                                const float *rates, float *weight, float *bias,
                                float *workspace, int *arrived, int n_order, int d,
                                int batch_size, int in_shared) {
    return emulation::launch(grid, block, shared_bytes, sgd_epoch, features, labels, order,
                             rates, weight, bias, workspace, arrived, n_order, d, batch_size,
                             in_shared);
}

extern "C" int launch_sgd_momentum_epoch(unsigned grid, unsigned block, unsigned shared_bytes,
                                         const float *features, const float *labels,
                                         const int *order, const float *rates, float *weight,
                                         float *bias, float *velocity, float mu,
                                         float *workspace, int *arrived, int n_order, int d,
                                         int batch_size, int in_shared) {
    return emulation::launch(grid, block, shared_bytes, sgd_momentum_epoch, features, labels,
                             order, rates, weight, bias, velocity, mu, workspace, arrived,
                             n_order, d, batch_size, in_shared);
}
