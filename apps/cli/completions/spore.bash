# Completion of spore in bash: source <(spore completion bash)
_spore() {
  local current=${COMP_WORDS[COMP_CWORD]} line
  # bash makes a word of the = behind an option.
  [[ $current == = ]] && current=
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :file) compopt -o default ;;
      :folder) compopt -o dirnames ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <(spore complete -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$current" 2>/dev/null </dev/null)
}
complete -F _spore spore
