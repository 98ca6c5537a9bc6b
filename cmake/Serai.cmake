# What every folder's CMakeLists.txt is written in: serai_library, serai_program, serai_test,
# serai_fuzz and serai_agent_wasm; and the flags and libraries that all of them share.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(LMDB REQUIRED IMPORTED_TARGET lmdb)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
# Its flags are for other standards than ours: it is linked by NCURSES_LINK_LIBRARIES alone.
pkg_check_modules(NCURSES REQUIRED ncursesw)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
if(BUILD_TESTING)
    pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check)
endif()

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# The core is deterministic across compilers, so the compiler may not fuse a*b+c on its own.
add_compile_options(-ffp-contract=off -fno-strict-overflow)

set(SERAI_SANITIZE "" CACHE STRING "Sanitizers to build with, as for -fsanitize=")
option(SERAI_FUZZ "Build the fuzz targets (clang only)" OFF)

find_program(CCACHE ccache)
if(CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE}")
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()

# Some two hundred programs are linked, and the linker that agents need anyway takes half as long.
# It does not read gcc's objects of link-time optimisation.
if(NOT CMAKE_INTERPROCEDURAL_OPTIMIZATION)
    add_link_options(-fuse-ld=lld)
endif()

# Flags of everything that is compiled; a target that links serai_flags gets them.
add_library(serai_flags INTERFACE)
target_include_directories(serai_flags INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_definitions(serai_flags INTERFACE _POSIX_C_SOURCE=200809L)
target_compile_options(serai_flags INTERFACE
    -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wvla -Wswitch-enum -Werror
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
    $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>)
target_link_libraries(serai_flags INTERFACE Threads::Threads)
if(SERAI_FUZZ)
    target_compile_options(serai_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(SERAI_SANITIZE)
    target_compile_options(serai_flags INTERFACE
        -fsanitize=${SERAI_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(serai_flags INTERFACE -fsanitize=${SERAI_SANITIZE})
    target_compile_definitions(serai_flags INTERFACE SERAI_SANITIZED)
endif()


# serai_library(NAME SOURCES a.c ... [HEADERS a.h ...] [LIBS other ...] [PRIVATE_LIBS other ...])
# One static library a folder. Each header of HEADERS is also compiled alone, by the target
# all_verify_interface_header_sets (`make check` builds it).
function(serai_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS;LIBS;PRIVATE_LIBS")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "serai_library(${name}): what is ${arg_UNPARSED_ARGUMENTS}?")
    endif()
    if(arg_SOURCES)
        set(scope PUBLIC)
        set(private PRIVATE)
        add_library(${name} STATIC ${arg_SOURCES})
    else()
        set(scope INTERFACE)
        set(private INTERFACE)
        add_library(${name} INTERFACE)
    endif()
    target_link_libraries(${name} ${scope} serai_flags ${arg_LIBS} ${private} ${arg_PRIVATE_LIBS})
    if(arg_HEADERS)
        target_sources(${name} ${scope} FILE_SET HEADERS
            BASE_DIRS "${PROJECT_SOURCE_DIR}" FILES ${arg_HEADERS})
        set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
    endif()
endfunction()

# serai_program(NAME SOURCES a.c ... [LIBS other ...] [INSTALL])
function(serai_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "INSTALL" "" "SOURCES;LIBS")
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE serai_flags ${arg_LIBS})
    if(arg_INSTALL)
        install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    endif()
endfunction()

# Limits of time end what hangs and judge no speed: a machine that is busy with other work is
# several times slower than a quiet one, and a build with sanitizers slower still.
if(SERAI_SANITIZE)
    set(SERAI_TIMEOUT_FACTOR 10)
else()
    set(SERAI_TIMEOUT_FACTOR 3)
endif()

# serai_test_rules(NAME LABELS unit ... [TIMEOUT seconds] [ENV NAME=value ...])
# The properties that all tests share, for a test that was added with add_test.  Those which may
# take longest begin first, so that none is left alone at the end.
function(serai_test_rules name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "LABELS;ENV")
    if(NOT arg_LABELS)
        message(FATAL_ERROR "test ${name} has no LABELS (unit, property, e2e, sim, lint)")
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()
    math(EXPR timeout "${arg_TIMEOUT} * ${SERAI_TIMEOUT_FACTOR}")
    set(env
        "CK_TIMEOUT_MULTIPLIER=${SERAI_TIMEOUT_FACTOR}"
        "ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:check_initialization_order=1"
        "UBSAN_OPTIONS=print_stacktrace=1"
        "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1"
        ${arg_ENV})
    set_tests_properties(${name} PROPERTIES
        LABELS "${arg_LABELS}" TIMEOUT ${timeout} COST ${arg_TIMEOUT} SKIP_RETURN_CODE 77
        ENVIRONMENT "${env}")
endfunction()

# serai_test(NAME SOURCES test_a.c ... [LIBS base ...] LABELS unit|property|e2e|sim ... [tsan]
#            [TIMEOUT seconds] [ENV NAME=value ...])
# A Check program; its main ends with `return check_main(suite);` of tests/check_main.h.
# The label tsan puts it into the run under ThreadSanitizer too, which builds `tsan_tests` alone.
add_custom_target(tsan_tests)
function(serai_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LIBS;LABELS;ENV")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "serai_test(${name}): what is ${arg_UNPARSED_ARGUMENTS}?")
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE serai_flags check_main ${arg_LIBS})
    add_test(NAME ${name} COMMAND ${name})
    if("tsan" IN_LIST arg_LABELS)
        add_dependencies(tsan_tests ${name})
    endif()
    serai_test_rules(${name} LABELS ${arg_LABELS} TIMEOUT ${arg_TIMEOUT} ENV ${arg_ENV})
endfunction()

# serai_fuzz(NAME SOURCES fuzz_a.c ... [LIBS base ...] RUNS n)
# A libFuzzer program.  The preset `fuzz` measures what it reaches in all that it calls.  Builds of
# clang with the address sanitizer run it as a test: its seeds, and RUNS inputs made of them.
if(SERAI_FUZZ OR (CMAKE_C_COMPILER_ID MATCHES Clang AND SERAI_SANITIZE MATCHES address))
    set(SERAI_HAS_FUZZ TRUE)
endif()
function(serai_fuzz name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "RUNS" "SOURCES;LIBS")
    if(NOT SERAI_HAS_FUZZ)
        return()
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
    target_link_libraries(${name} PRIVATE serai_flags ${arg_LIBS})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/fuzz")
    if(NOT SERAI_FUZZ)
        add_test(NAME ${name} COMMAND "${PROJECT_SOURCE_DIR}/tests/fuzz/run.sh"
            "$<TARGET_FILE:${name}>" "${PROJECT_BINARY_DIR}/fuzz/corpus/${name}"
            -runs=${arg_RUNS} -verbosity=0)
        serai_test_rules(${name} LABELS fuzz)
    endif()
endfunction()

# The compiler of modules: always clang, whatever builds the host.
find_program(SERAI_WASM_CLANG NAMES clang clang-14 clang-16 REQUIRED)

# serai_agent_wasm(NAME SOURCES a.c ... [DEFINES X=1 ...] [FLAGS ...] [LINK_FLAGS ...] [PLAIN]
#                  [DEPENDS header ...])
# Build a bare module NAME.wasm, such as a kernel for a test of the engine, in the current binary
# folder, as target NAME_wasm; its property WASM_FILE tells the path.  It exports what its source or
# LINK_FLAGS say.  Agents proper are built by serai_agent() of SeraiAgent.cmake.
function(serai_agent_wasm name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "PLAIN" "" "SOURCES;DEFINES;FLAGS;LINK_FLAGS;DEPENDS")
    set(output "${CMAKE_CURRENT_BINARY_DIR}/${name}.wasm")
    set(sources "")
    set(depends "")
    foreach(source IN LISTS arg_SOURCES arg_DEPENDS)
        cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
            OUTPUT_VARIABLE path)
        list(APPEND depends "${path}")
        if(source IN_LIST arg_SOURCES)
            list(APPEND sources "${path}")
        endif()
    endforeach()
    list(TRANSFORM arg_DEFINES PREPEND "-D")
    add_custom_command(OUTPUT "${output}"
        COMMAND ${SERAI_WASM_CLANG} --target=wasm32-unknown-unknown -mcpu=mvp -std=c11 -O2 -g0
                -ffreestanding -nostdlib -fno-builtin -fvisibility=hidden
                -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Werror
                -I "${PROJECT_SOURCE_DIR}" ${arg_DEFINES} ${arg_FLAGS}
                -Wl,--no-entry ${arg_LINK_FLAGS} ${sources} -o "${output}"
        DEPENDS ${depends}
        COMMENT "Building module ${name}.wasm"
        VERBATIM)
    add_custom_target(${name}_wasm ALL DEPENDS "${output}")
    set_target_properties(${name}_wasm PROPERTIES WASM_FILE "${output}")
    set(${name}_WASM_FILE "${output}" PARENT_SCOPE)
endfunction()
