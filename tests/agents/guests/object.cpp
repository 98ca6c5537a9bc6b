/* Object: C++ with an object that is made before the first turn, and another in the first one. */
#include <serai.h>

namespace
{

volatile int64_t seed = 6; // volatile: so that the compiler cannot make the objects ahead

struct counter {
    int64_t value;

    explicit counter(int64_t first) : value(first)
    {
    }
    ~counter()
    {
        serai_log("object: a destructor");
    }
    counter(const counter &) = delete;
    counter &operator=(const counter &) = delete;
};

counter global(seed + 1);

} // namespace

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    static counter local(seed * 10);

    (void)kind;
    (void)slot;
    (void)size;
    (void)serai_log_values("object: %d and %d", global.value++, local.value++);
}
