# cmake -D INPUT=loader.wasm -D NAME=loader_wasm -D HEADER=sdk/loader/loader_wasm.h
#       -D OUTPUT=loader_wasm.c -P embed.cmake
file(READ "${INPUT}" hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REPEAT "0x[0-9a-f][0-9a-f]," 16 line)
string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
file(WRITE "${OUTPUT}"
    "#include \"${HEADER}\"\n\nconst uint8_t ${NAME}[] = {\n${bytes}\n};\n"
    "const size_t ${NAME}_size = sizeof ${NAME};\n")
