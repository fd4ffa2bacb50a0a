# clamor_embed_files(TARGET  FOLDER URL_PREFIX ...)
# Puts all files of the folders into the target and makes src/app/embed.h's table of them. The assembler includes the
# bytes as they are, so that nothing is generated from them; a new, changed or removed file is seen by the next build.
function(clamor_embed_files target)
    set(assembly ".section .rodata\n")
    set(declarations "")
    set(rows "")
    set(inputs "")
    set(index 0)
    set(pairs "${ARGN}")  # quoted: a prefix may be empty
    while(pairs)
        list(POP_FRONT pairs folder prefix)
        file(GLOB_RECURSE files CONFIGURE_DEPENDS "${folder}/*")
        list(FILTER files EXCLUDE REGEX "(/\\.[^/]*|\\.md)$")
        list(SORT files)
        foreach(file IN LISTS files)
            file(RELATIVE_PATH relative "${folder}" "${file}")
            set(symbol "clamor_embedded_${index}")
            string(APPEND assembly ".balign 16\n.global ${symbol}\n${symbol}:\n.incbin \"${file}\"\n"
                ".global ${symbol}_end\n${symbol}_end:\n.byte 0\n")
            string(APPEND declarations "extern const char ${symbol}[];\nextern const char ${symbol}_end[];\n")
            string(APPEND rows
                "        file(\"${prefix}/${relative}\", ${symbol}, ${symbol}_end),\n")
            list(APPEND inputs "${file}")
            math(EXPR index "${index} + 1")
        endforeach()
    endwhile()
    string(APPEND assembly ".section .note.GNU-stack,\"\",%progbits\n")
    set(assembly_file "${CMAKE_CURRENT_BINARY_DIR}/embedded_files.S")
    set(table_file "${CMAKE_CURRENT_BINARY_DIR}/embedded_files.cc")
    file(CONFIGURE OUTPUT "${assembly_file}" CONTENT "${assembly}" @ONLY)
    file(CONFIGURE OUTPUT "${table_file}" @ONLY CONTENT
"#include <vector>

#include \"app/embed.h\"

extern \"C\" {
${declarations}}

namespace clamor::app {

std::span<const api::StaticFile> web_files() {
    [[maybe_unused]] const auto file = [](const char* path, const char* begin, const char* end) {
        return api::StaticFile{path, std::string_view(begin, static_cast<std::size_t>(end - begin))};
    };
    static const std::vector<api::StaticFile> files{
${rows}    };
    return files;
}

}  // namespace clamor::app
")
    set_source_files_properties("${assembly_file}" PROPERTIES OBJECT_DEPENDS "${inputs}")
    target_sources(${target} PRIVATE "${assembly_file}" "${table_file}")
endfunction()
