# cmake -D DIR=engine -D OUTPUT=native_sources.c -P embed.cmake
# The text of numeric.h without its includes, for the objects of tier 1, and one hash of all that
# decides what an object looks like.
file(READ "${DIR}/numeric.h" text)
string(REGEX REPLACE "#include[^\n]*\n" "" text "${text}")
string(HEX "${text}" hex)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REPEAT "0x[0-9a-f][0-9a-f]," 16 line)
string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
set(hashes "")
foreach(file IN ITEMS fuse.c native.c native_emit.c native_id.c native_module.c native_plain.c
                      native_prologue.c native_text.h numeric.h ops.h fuel.h limits.h engine.h)
    file(SHA256 "${DIR}/${file}" hash)
    string(APPEND hashes "${hash}")
endforeach()
string(SHA256 id "${hashes}")
file(WRITE "${OUTPUT}"
    "#include \"engine/native_text.h\"\n\nconst char native_numeric[] = {\n${bytes}0};\n"
    "const char native_sources[] = \"${id}\";\n")
