#!/bin/sh
# Makes certificates with an authority of your own: sh deploy/authority.sh FOLDER NAME…
#
# The first run makes the authority: authority.pem, to give to whoever must trust it, and
# authority.key, to keep.  Each NAME gets NAME.pem and NAME.key.  A NAME may be followed by more
# names and addresses of the same machine, with commas between: node1,db.example,10.0.0.1
#
# Use it for PostgreSQL, and to try mutual TLS.  In production the node face has a certificate of a
# recognized authority, and trusts the authority of the Node's certificate.
set -eu

[ $# -ge 2 ] || { echo "use: sh deploy/authority.sh FOLDER NAME…" >&2; exit 2; }
command -v openssl >/dev/null || { echo "openssl is missing: install the package openssl" >&2; exit 1; }
mkdir -p "$1"
cd "$1"
shift
umask 077

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$1"; }

if [ ! -e authority.key ]; then
  key authority.key
  openssl req -x509 -new -key authority.key -days 3650 -subj "/CN=authority of $(hostname)" \
    -addext keyUsage=critical,keyCertSign,cRLSign -out authority.pem
fi
for names in "$@"; do
  name=${names%%,*}
  alternatives=$(printf '%s\n' "$names" | tr , '\n' |
    sed -E '/^[0-9.]+$|:/s/^/IP:/; /^IP:/!s/^/DNS:/' | paste -s -d , -)
  key "$name.key"
  openssl req -new -key "$name.key" -subj "/CN=$name" -out "$name.csr" \
    -addext "subjectAltName=$alternatives" -addext basicConstraints=critical,CA:FALSE \
    -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=serverAuth,clientAuth
  openssl x509 -req -in "$name.csr" -days 825 -CA authority.pem -CAkey authority.key \
    -CAcreateserial -copy_extensions copy -out "$name.pem"
  rm "$name.csr"
done
# Certificates are public; only keys are secret.
chmod 644 ./*.pem
