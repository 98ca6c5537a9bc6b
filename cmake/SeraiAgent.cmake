# Build agents with CMake, in this tree and in anybody's:
#
#     include(/usr/share/serai/cmake/SeraiAgent.cmake)
#     serai_agent(hello hello.c)
#
# The flags are those of sdk/serai-cc, which this calls.
set(SERAI_SDK_DIR "${CMAKE_CURRENT_LIST_DIR}/../sdk" CACHE PATH "Where serai.h is")
find_program(SERAI_CC serai-cc HINTS "${SERAI_SDK_DIR}" "${CMAKE_CURRENT_LIST_DIR}/../../../bin"
    NO_DEFAULT_PATH REQUIRED)

# serai_agent(NAME source.c ... [VAT] [MAX_MEMORY bytes] [FLAGS ...] [DEPENDS header.h ...])
# Builds NAME.wasm in the current binary folder, as target NAME_wasm, whose property WASM_FILE
# tells the path.  VAT: with the library of objects (vat/vat.h).
function(serai_agent name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "VAT" "MAX_MEMORY" "FLAGS;DEPENDS")
    if(NOT arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "serai_agent(${name}): which sources?")
    endif()
    if(NOT arg_MAX_MEMORY)
        set(arg_MAX_MEMORY 1048576)
    endif()
    set(sources "")
    foreach(source IN LISTS arg_UNPARSED_ARGUMENTS)
        cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
        list(APPEND sources "${source}")
    endforeach()
    file(GLOB headers CONFIGURE_DEPENDS "${SERAI_SDK_DIR}/*.h" "${SERAI_SDK_DIR}/*.hpp")
    if(arg_VAT)
        file(GLOB vat CONFIGURE_DEPENDS "${SERAI_SDK_DIR}/vat/*.[ch]")
        list(APPEND headers ${vat})
        list(APPEND arg_FLAGS --vat)
    endif()
    set(output "${CMAKE_CURRENT_BINARY_DIR}/${name}.wasm")
    add_custom_command(OUTPUT "${output}"
        COMMAND "${SERAI_CC}" -o "${output}" --max-memory ${arg_MAX_MEMORY} ${arg_FLAGS} ${sources}
        DEPENDS ${sources} ${headers} ${arg_DEPENDS} "${SERAI_CC}"
        COMMENT "Building agent ${name}.wasm"
        VERBATIM)
    add_custom_target(${name}_wasm ALL DEPENDS "${output}")
    set_target_properties(${name}_wasm PROPERTIES WASM_FILE "${output}")
endfunction()
