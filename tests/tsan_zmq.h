/*
 * For test programs whose threads use ZeroMQ: the library is not built for the thread sanitizer,
 * which therefore cannot see how it orders its own threads.  What it calls, directly or by way of
 * the C++ library and libsodium, is passed over.
 */
#ifndef SERAI_TESTS_TSAN_ZMQ_H
#define SERAI_TESTS_TSAN_ZMQ_H

const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void)
{
    return "called_from_lib:libzmq.so\ncalled_from_lib:libstdc++.so\n"
           "called_from_lib:libsodium.so\n";
}

#endif
