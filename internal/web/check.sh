#!/usr/bin/env bash
# Checks the types of the user interface: JSDoc read by TypeScript's native
# compiler. Needs npm, to fetch the compiler and the libraries' declarations
# into a cache outside the tree; nothing of either is part of the product.
set -euo pipefail

typescript=7.0.2
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/parley/web-check

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=linux-x64 ;;
  Linux-aarch64) platform=linux-arm64 ;;
  Darwin-arm64) platform=darwin-arm64 ;;
  Darwin-x86_64) platform=darwin-x64 ;;
  *) echo "check.sh: no native TypeScript compiler for $(uname -sm)" >&2; exit 1 ;;
esac

# The versions of the declarations are those of the vendored code.
libraries=$(sed -n 's/^\t{"\([^"]*\)", "\([0-9.]*\)", \[\]module{$/\1@\2/p' "$here/vendorjs/packages.go")
wanted="@typescript/typescript-$platform@$typescript $libraries"
if [ "$(cat "$cache/installed" 2>/dev/null)" != "$wanted" ]; then
  rm -rf "$cache"
  mkdir -p "$cache"
  echo '{"private":true}' > "$cache/package.json"
  # shellcheck disable=SC2086 # a list of words
  npm install --prefix "$cache" --silent --no-fund --no-audit --ignore-scripts --no-package-lock --legacy-peer-deps $wanted
  echo "$wanted" > "$cache/installed"
fi

# Bare imports in vendor/*.d.mts lead to the libraries' own declarations.
cat > "$cache/tsconfig.json" <<JSON
{
  "extends": "$here/tsconfig.json",
  "compilerOptions": { "paths": { "*": ["$cache/node_modules/*"] } },
  "include": ["$here/assets", "$here/testdata"],
  "exclude": ["$here/assets/vendor/*.mjs"]
}
JSON
"$cache/node_modules/@typescript/typescript-$platform/lib/tsc" --project "$cache/tsconfig.json"
echo "types: $(find "$here/assets" -name '*.mjs' -not -path '*/vendor/*' | wc -l) modules checked"
