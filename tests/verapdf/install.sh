#!/bin/sh
# Installs the program verapdf, which holds a PDF against the rules of PDF/A and PDF/UA. Runs as
# root, and needs Maven and a JDK. Each jar that Maven fetches is compared with sums.txt.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$made/jars" >&2
(cd "$made/jars" && sha256sum --quiet --strict -c "$here/sums.txt") >&2
javac -cp "$made/jars/*" -d "$made/jars" "$here/Check.java"

jars=/usr/local/share/verapdf
rm -rf "$jars"
mv "$made/jars" "$jars"
chmod -R a+rX "$jars"
printf '#!/bin/sh\nexec java -cp "%s/*:%s" Check "$@"\n' "$jars" "$jars" >/usr/local/bin/verapdf
chmod 755 /usr/local/bin/verapdf
