#!/bin/sh
# Checks a certificate's quote with openssl and tpm2-tools alone: that the TPM with this attestation key spoke of this evidence.
# usage: sh verify-quote.sh ID.json [ID.evidence.json [MAKERS-CA.pem]]; exit 0: everything is as it should be
# The certificate's own signature is checked by the script in certificate.md; docs/attestation.md says what this proves, and what not.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One text of the certificate's "attestation", which holds no object. Keys are sorted, so it stands behind "agent", at the beginning.
field() {
	sed -n 's/^{"agent":{[^{}]*},"attestation":{\([^{}]*\)}.*/\1/p' "$certificate" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}
binary() {
	tr a-f A-F | basenc -d --base16
}

certificate=${1:?usage: sh verify-quote.sh ID.json [ID.evidence.json [MAKERS-CA.pem]]}
for name in ak_public quote signature; do
	field $name | binary >"$work/$name"
	test -s "$work/$name"
done
nonce=$(field nonce)
bound_to=$(field bound_to)

# What the TPM signed must name the evidence: SHA-256(nonce, SHA-256 of the evidence without its quote).
qualifying=$(printf '%s%s' "$nonce" "$bound_to" | binary | openssl dgst -sha256 -r | cut -c 1-64)
tpm2_checkquote -u "$work/ak_public" -m "$work/quote" -s "$work/signature" -g sha256 -q "$qualifying" >"$work/said" 2>&1 ||
	{ cat "$work/said"; exit 1; }

if [ $# -gt 1 ]; then
	# The evidence has it in the same place: what is left without it is what was digested.
	digest=$(sed 's/^\({"agent":{[^{}]*}\),"attestation":{[^{}]*}/\1/' "$2" | tr -d '\n' | openssl dgst -sha256 -r | cut -c 1-64)
	test "$digest" = "$bound_to"
fi
if [ $# -gt 2 ]; then
	# The endorsement key's certificate: by the TPM's maker, and of the key that the certificate names.
	field ek_certificate | binary >"$work/ek.der"
	openssl x509 -inform DER -in "$work/ek.der" -out "$work/ek.pem"
	openssl verify -partial_chain -CAfile "$3" "$work/ek.pem"
	digest=$(openssl x509 -in "$work/ek.pem" -pubkey -noout | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -c 1-64)
	test "$digest" = "$(field ek_sha256)"
fi
echo "verified: $certificate"
