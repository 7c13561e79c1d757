"""The command completion: what makes a shell complete slcpctl.

All three scripts ask `slcpctl __complete` for whole words (`completing`), and only quote what they get: a
handle such as $(reboot) comes from a stranger. So nothing here is evaluated a second time, as
`eval`, `compgen -W` and `_arguments` would do.
"""

from __future__ import annotations

from argparse import Namespace

from slcpctl.output import out

_BASH = r"""# Completes slcpctl in bash 4 or newer: source <(slcpctl completion bash)
_slcpctl() {
    local IFS=$' \t\n' typed=${COMP_LINE:0:COMP_POINT} words found word quoted
    read -rd '' -a words <<<"$typed"
    [[ $typed == *[[:space:]] ]] && words+=("")
    COMPREPLY=()
    found=$(slcpctl __complete "${words[@]:1}" 2>/dev/null </dev/null)
    if (($? == 10)); then
        compopt -o default # file names
        return
    fi
    # readline replaces $2 alone, which begins at the last @ or behind the last : or =
    local current=${words[${#words[@]} - 1]}
    local kept=${current%"$2"}
    while IFS= read -r word; do
        printf -v quoted %q "$word"
        if [[ $word && ($word == "$current"* || $quoted == "$current"*) ]]; then
            COMPREPLY+=("${quoted#"$kept"}")
        fi
    done <<<"$found"
}
complete -F _slcpctl slcpctl"""

_ZSH = r"""#compdef slcpctl
# Completes slcpctl in zsh: source <(slcpctl completion zsh) behind compinit, or as the file _slcpctl in $fpath
_slcpctl() {
    local output
    output=$(slcpctl __complete "${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null </dev/null)
    if (( $? == 10 )); then
        _files
    elif [[ -n $output ]]; then
        compadd -- "${(@f)output}"
    fi
}
if [[ $funcstack[1] == _slcpctl ]]; then
    _slcpctl "$@"
else
    compdef _slcpctl slcpctl
fi"""

_FISH = r"""# Completes slcpctl in fish: slcpctl completion fish | source
function __slcpctl_complete
    set -l typed (commandline -opc)
    set -e typed[1]
    set -l current (commandline -ct)
    set -l found (slcpctl __complete $typed "$current" 2>/dev/null </dev/null)
    if test $status -eq 10
        __fish_complete_path "$current"
    else
        printf '%s\n' $found
    end
end
complete -c slcpctl -f -a '(__slcpctl_complete)'"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def completion(options: Namespace) -> int:
    """Print the script of a shell."""
    out(SCRIPTS[options.shell])
    return 0
