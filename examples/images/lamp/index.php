<?php
$db = new mysqli('localhost', 'www-data', '', 'app');
$db->query('INSERT INTO visits VALUES (NOW())');
echo 'visit ', $db->query('SELECT COUNT(*) FROM visits')->fetch_row()[0], "\n";
