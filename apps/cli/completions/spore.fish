# Completion of spore in fish: spore completion fish | source
function __spore_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in (spore complete -- $words[2..] "$current" 2>/dev/null </dev/null)
    switch $line
      case :file
        __fish_complete_path "$current"
      case :folder
        __fish_complete_directories "$current"
      case '*'
        echo $line
    end
  end
end
complete -c spore -f -a '(__spore_complete)'
