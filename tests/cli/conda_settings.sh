#!/bin/sh
# conda_settings.sh - what .condarc says of packages, channels and the network, obeyed or refused
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/conda_lib.sh"
[ "$(uname -m)" = x86_64 ] || skip_all "the packages are for linux-64"
"$maker" "$here/make_conda.py" "$work/conda-forge" "$python" || skip_all "no packages can be made"
"$maker" - "$here" "$work/more" <<'END' || skip_all "no packages can be made"
import sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from make_conda import Channel, Package
c = Channel(sys.argv[2])
for version, license in ("1.0", "MIT"), ("2.0", "AGPL-3.0-only"):
    c.add(Package("gadget", version, license=license).add("share/gadget", version + "\n"))
c.add(Package("user", "1.0", depends=["gadget"]).add("share/user", "x\n"))
c.add(Package("keen", "1.0", depends=["gadget >=2"]).add("share/keen", "x\n"))
c.close()
END
for name in $(env | sed -n 's/^\(CONDA[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
rc="$HOME/.condarc" dir=$work/model
mkdir -p "$dir"
printf 'flavors:\n  python_function:\n    loader_module: nobody\n    python_version: %s\n    env:\n      conda: conda.yaml\n' "$minor" >"$dir/MLmodel"

model() { # SPEC...
	printf 'channels: [conda-forge, more]\ndependencies:\n- python=%s\n' "$minor" >"$dir/conda.yaml"
	printf -- '- %s\n' "$@" >>"$dir/conda.yaml"
}
settings() { # LINE...
	printf '%s\n' "channel_alias: file://$work" "$@" >"$rc"
}
lock() { "$program" lock -f explicit "$dir"; }

# ---- pins ----
settings
model user
expect "the newest, where nothing is said" 0 "/gadget-2.0-0.conda#" lock
cp "$work/out" "$work/lock.txt"
"$program" create "$dir" >"$work/first" 2>/dev/null
settings 'pinned_packages:' '- gadget =1' '- nonesuch =7'
expect "a pin constrains what is needed" 0 "/gadget-1.0-0.conda#" lock
check "and brings nothing" sh -c '! grep nonesuch "$1"' - "$work/out"
expect "it makes another environment" 0 "$PYFUNC_ENV_STORE/envs/" "$program" create "$dir"
check "really" sh -c '[ "$(cat "$1")" != "$(cat "$2")" ]' - "$work/out" "$work/first"
model keen
expect "a conflict names the pin and the file" 6 \
	"there is no solution: keen is asked for; keen 1.0 needs gadget >=2; gadget =1 is pinned by $rc, line 3" lock
model 'gadget=2'
expect "so does one with the model itself" 6 "gadget=2 is asked for; gadget =1 is pinned by $rc, line 3" lock
expect "one of a variable, too" 6 "gadget <2 is pinned by CONDA_PINNED_PACKAGES" \
	env CONDA_PINNED_PACKAGES='nonesuch&gadget <2' CONDARC=/dev/null HOME=/nowhere CONDA_CHANNEL_ALIAS="file://$work" \
	"$program" lock --store "$work/store" -f explicit "$dir"
expect "unless pins are ignored" 0 "/gadget-2.0-0.conda#" env CONDA_IGNORE_PINNED=1 "$program" lock -f explicit "$dir"
model user
expect "a lock says what there is to be" 0 "$(cat "$work/first")" "$program" create -c "file://$work/conda-forge" -c "file://$work/more" --lock "$work/lock.txt" "$dir"
settings 'pinned_packages: ["gadget =>1"]'
expect "a pin that is none" 2 "$rc, line 2: pinned_packages" lock
settings 'pinned_packages: {gadget: 1}'
expect "nor a list" 2 "pinned_packages is a map, where a list is wanted" lock
expect "all that cannot be had is named" 6 "b-1 is asked for, which no channel has; b-2 is asked for, which no channel has; gadget=3 is asked for" \
	sh -c 'rm "$3"; printf -- "- b-1\n- b-2\n- gadget=3\n" >>"$2/conda.yaml"; CONDA_CHANNEL_ALIAS="file://$4" "$1" lock "$2"' - "$program" "$dir" "$rc" "$work"

# ---- what may not be ----
by_lock() { "$program" create -c "file://$work/conda-forge" -c "file://$work/more" --lock "$work/lock.txt" "$dir"; }
model user
settings 'disallowed_packages: [gadget >1]'
expect "disallowed packages are not taken" 0 "/gadget-1.0-0.conda#" lock
settings 'disallow: [gad*]'
expect "none of them: that is told" 6 "gad* is disallowed by $rc, line 2" lock
expect "nor of a lock" 2 "lock.txt: gadget 2.0 is disallowed by $rc, line 2" by_lock
settings 'disallowed_packages: ["*[license=AGPL*]"]'
expect "one whose licence is not allowed is passed over" 0 "/gadget-1.0-0.conda#" lock
expect "of a lock, which does not tell it, none is taken" 2 " is disallowed by $rc, line 2" by_lock
check "and why is said" said "is in no lock"
settings 'disallowed_packages: ["gadget[license=AGPL*]"]'
expect "but for those that are not meant" 2 "gadget 2.0 is disallowed by $rc, line 2" by_lock
settings 'disallowed_packages: ["gadget 1.*[license=AGPL*]"]'
expect "of any version" 0 "$(cat "$work/first")" by_lock
settings 'denylist_channels: [more]'
expect "a channel that is denied" 2 'channel "more" is one of denylist_channels' lock
expect "nor of a lock" 2 'lock.txt: channel "more" is one of denylist_channels' by_lock
settings "allowlist_channels: ['file://$work/conda-forge']"
expect "one that is not allowed" 2 'channel "more" is not one of allowlist_channels' lock
expect "nor of a lock" 2 'lock.txt: channel "more" is not one of allowlist_channels' by_lock
settings 'allow_other_channels: false'
expect "a setting that keeps nothing away any more is refused" 2 "allowlist_channels" lock
settings 'channels: [more]' 'override_channels_enabled: false'
expect "the user's channels stay, where that is said" 0 "/gadget-2.0-0.conda#" "$program" lock -c conda-forge -f explicit "$dir"
settings 'channels: [more]'
expect "else --channel takes their place" 6 "user is asked for, which no channel has" "$program" lock -c conda-forge -f explicit "$dir"

# ---- offline ----
settings 'offline: true'
expect "offline, a folder is at hand" 0 "/gadget-2.0-0.conda#" lock
printf 'channel_alias: http://127.0.0.1:1\noffline: yes\n' >"$rc"
for manager in auto conda; do
	expect "a server is not asked, $manager" 4 "offline, and what channel conda-forge has for linux-64 is not at hand" \
		"$program" create --env-manager $manager "$dir"
	check "and why is said" said "offline is true in .condarc"
done
sed 's|file://[^ ]*/more/|http://127.0.0.1:1/more/|' "$work/lock.txt" >"$work/there.txt"
expect "nor for what a lock names" 4 "offline, and gadget-2.0-0.conda is not at hand" \
	"$program" create -c "file://$work/conda-forge" --store "$work/second" --lock "$work/there.txt" "$dir"
expect "neither true nor false" 2 'CONDA_OFFLINE is "perhaps"' env CONDA_OFFLINE=perhaps "$program" create "$dir"
finish
