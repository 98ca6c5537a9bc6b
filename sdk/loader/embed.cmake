# cmake -D INPUT=loader.wasm -D OUTPUT=loader_wasm.c -P embed.cmake
file(READ "${INPUT}" hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REPEAT "0x[0-9a-f][0-9a-f]," 16 line)
string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
file(WRITE "${OUTPUT}"
    "#include \"sdk/loader/loader_wasm.h\"\n\nconst uint8_t loader_wasm[] = {\n${bytes}\n};\n"
    "const size_t loader_wasm_size = sizeof loader_wasm;\n")
