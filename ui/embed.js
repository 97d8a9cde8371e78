// Writes the built page as C++ (ui/page_files.hpp), with the licences of what is in it: node embed.js DIST FILE.cpp
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const [from, to] = process.argv.slice(2);
const types = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
};

const bytes = (name, content) =>
  `constexpr unsigned char ${name}[] = {${[...content].join(",").replace(/((?:\d+,){32})/g, "$1\n")}};\n`;

function filesIn(directory, below = "") {
  return readdirSync(join(directory, below), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((one) => {
      const path = `${below}/${one.name}`;
      return one.isDirectory() ? filesIn(directory, path) : [path];
    });
}

// Of all packages but those that only build.
const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
const licences = Object.entries(lock.packages)
  .filter(([path, one]) => path && !one.dev && !one.devOptional && !one.peer)
  .map(([path, one]) => `${path.replace("node_modules/", "")} ${one.version}\n\n${readFileSync(join(path, "LICENSE"), "utf8")}`);
writeFileSync(join(from, "licences.txt"), licences.join("\n\n"));

let arrays = "";
let table = "";
filesIn(from).forEach((path, at) => {
  const type = types[path.slice(path.lastIndexOf(".") + 1)];
  if (!type) throw new Error(`embed.js: ${path}: of which type is it? There are ${Object.keys(types).join(", ")}`);
  const content = readFileSync(join(from, path));
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 32);
  arrays += bytes(`plain_${at}`, content) + bytes(`packed_${at}`, gzipSync(content, { level: 9 }));
  table += `    {"${path}", "${type}", "\\"${hash}\\"", text_of(plain_${at}), text_of(packed_${at})},\n`;
});

writeFileSync(
  to,
  `// Made by ui/embed.js of what Vite built.
#include "ui/page_files.hpp"

#include <cstddef>

namespace holdfast::ui {
namespace {

${arrays}
template <std::size_t Size>
std::string_view text_of(const unsigned char (&bytes)[Size]) {
    return {reinterpret_cast<const char*>(bytes), Size};
}

} // namespace

std::span<const page_file> page_files() {
    static const page_file all[] = {
${table}    };
    return all;
}

} // namespace holdfast::ui
`,
);
