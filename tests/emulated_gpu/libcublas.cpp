// Stands in for libcublas.so.11: float32 products, which round their factors to TF32 where a
// GPU of compute capability 8.0 or above would.
//
// As cuBLAS does, it reads NVIDIA_TF32_OVERRIDE once, when it is loaded; 0 forbids TF32.
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int success = 0, not_supported = 15;
constexpr int no_transpose = 0;       // cublasOperation_t
constexpr int float32 = 0;            // cudaDataType_t
constexpr int tf32_operation = 3;     // cublasMath_t

const char *const override_at_load = std::getenv("NVIDIA_TF32_OVERRIDE");
thread_local int mode = 0;
char one;

bool rounds() {
    const bool forbidden = override_at_load && std::strcmp(override_at_load, "0") == 0;
    return mode == tf32_operation && !forbidden;
}

// To 10 bits behind the point, to nearest.
float to_tf32(float value) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    bits = (bits + (1u << 12)) & ~((1u << 13) - 1);
    std::memcpy(&value, &bits, sizeof bits);
    return value;
}

}  // namespace

extern "C" {

int cublasCreate_v2(void **handle) { return *handle = &one, success; }
int cublasDestroy_v2(void *) { return success; }
int cublasSetStream_v2(void *, void *) { return success; }
int cublasSetPointerMode_v2(void *, int) { return success; }
int cublasSetMathMode(void *, int asked) { return mode = asked, success; }
int cublasGetMathMode(void *, int *told) { return *told = mode, success; }

// C <- alpha op(A) op(B) + beta C, columns lying one behind the other.
int cublasSgemm_v2(void *, int op_a, int op_b, int m, int n, int k, const float *alpha,
                   const float *a, int lda, const float *b, int ldb, const float *beta,
                   float *c, int ldc) {
    const bool tf32 = rounds();
    for (int column = 0; column < n; column++)
        for (int row = 0; row < m; row++) {
            float sum = 0;
            for (int i = 0; i < k; i++) {
                float x = op_a == no_transpose ? a[row + i * lda] : a[i + row * lda];
                float y = op_b == no_transpose ? b[i + column * ldb] : b[column + i * ldb];
                sum += tf32 ? to_tf32(x) * to_tf32(y) : x * y;
            }
            float &target = c[row + column * ldc];
            target = *alpha * sum + (*beta ? *beta * target : 0);
        }
    return success;
}
int cublasSgemmEx(void *handle, int op_a, int op_b, int m, int n, int k, const float *alpha,
                  const void *a, int type_a, int lda, const void *b, int type_b, int ldb,
                  const float *beta, void *c, int type_c, int ldc) {
    if (type_a != float32 || type_b != float32 || type_c != float32) return not_supported;
    return cublasSgemm_v2(handle, op_a, op_b, m, n, k, alpha, static_cast<const float *>(a),
                          lda, static_cast<const float *>(b), ldb, beta,
                          static_cast<float *>(c), ldc);
}

}  // extern "C"
