#compdef spore
# Completion of spore in zsh: source <(spore completion zsh), or this as a file _spore in a folder of $fpath
_spore() {
  local line word
  local -a found
  for line in "${(@f)$(spore complete -- "${(@)words[2,CURRENT]}" 2>/dev/null </dev/null)}"; do
    case $line in
      "") ;;
      :file) _files ;;
      :folder) _files -/ ;;
      *)
        word=${line%%$'\t'*}
        found+=("${word//:/\\:}:${${line#"$word"}#$'\t'}")
        ;;
    esac
  done
  if (( $#found )); then _describe -o spore found; fi
}
if [[ ${funcstack[1]} == _spore ]]; then _spore "$@"; else compdef _spore spore; fi
